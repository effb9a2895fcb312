"""Microsoft's pages that advice links to, by what they are called."""

_SIGNING = "https://learn.microsoft.com/azure/artifact-signing"

RENEW = {"Renew an identity validation": f"{_SIGNING}/how-to-renew-identity-validation"}
REQUEST = {"Request an identity validation": f"{_SIGNING}/quickstart#create-an-identity-validation-request"}
FAQ = {"Frequently asked questions": f"{_SIGNING}/faq"}
CERTIFICATES = {"Certificate management": f"{_SIGNING}/concept-certificate-management"}
TRUST_MODELS = {"Trust models": f"{_SIGNING}/concept-trust-models"}
REVOKE = {"Revoke a certificate": f"{_SIGNING}/how-to-cert-revocation"}
HISTORY = {"Signing history": f"{_SIGNING}/how-to-sign-history"}
SKU = {"Change the SKU": f"{_SIGNING}/how-to-change-sku"}
ROLES = {"Assign roles": f"{_SIGNING}/tutorial-assign-roles"}
SET_UP = {"Set up Artifact Signing": f"{_SIGNING}/quickstart"}
INTEGRATE = {"Signing integrations": f"{_SIGNING}/how-to-signing-integrations"}
SUPPORT = {
    "Ask Azure Support": "https://learn.microsoft.com/azure/azure-portal/supportability/how-to-create-azure-support-request"
}
QUESTIONS = {"Questions and answers": "https://learn.microsoft.com/answers/tags/artifact-signing"}
PROVIDERS = {
    "Register a resource provider": "https://learn.microsoft.com/azure/azure-resource-manager/management/"
    "resource-providers-and-types"
}
STATES = {"Subscription states": "https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states"}
ACTIVITY = {"Activity log": "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log"}
COST_ANALYSIS = {
    "Cost analysis": "https://learn.microsoft.com/azure/cost-management-billing/costs/quick-acm-cost-analysis"
}
TAGS = {"Tag resources": "https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"}
APP_SETTINGS = {
    "App settings of a function app": "https://learn.microsoft.com/azure/azure-functions/functions-how-to-use-azure-"
    "function-app-settings"
}
COST_ROLES = {
    "Access to costs": "https://learn.microsoft.com/azure/cost-management-billing/costs/assign-access-acm-data"
}
