"""Why a command was not done."""


class Refusal(Exception):
    """Plain sentences for whoever typed it; `code` is what the process ends with."""

    def __init__(self, *sentences: str, code: int = 1) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences
        self.code = code
