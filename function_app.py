"""The Functions app: registers every blueprint. Nothing here reads settings, files or the network."""

import azure.functions as func

from functions import costs, deliver, events, health, retire, watch, web

app = func.FunctionApp()
for module in (watch, events, costs, deliver, retire, health, web):
    app.register_functions(module.bp)
