"""Write docs/rules anew: `make docs`."""

from shared.domain.rules.book import BOOK
from shared.reports.rule_pages import page_of, pages
from tests.conftest import PROJECT
from tests.unit.rules.samples import SAMPLES, found


def main() -> None:
    """One page a rule, and the list of them."""
    folder = PROJECT / "docs" / "rules"
    folder.mkdir(exist_ok=True)
    for page in folder.glob("*.md"):
        page.unlink()
    for name, rule in BOOK.items():
        sample = SAMPLES[name]()
        spoken = found(name, sample.seen, sample.policy, sample.now)[0]
        (folder / f"{name}.md").write_text(page_of(rule, spoken), "utf-8")
    (folder / "README.md").write_text(pages(BOOK.values()), "utf-8")


if __name__ == "__main__":
    main()
