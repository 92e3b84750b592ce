"""`stammis replies` lists what may be a no, and takes only an answer that says something."""

import pytest

from stammis.commands.replies import replies
from stammis.core.errors import StammisError
from stammis.run import cycle as cycles


def test_what_waits_is_listed_with_its_text(sent: cycles.Cycle, capsys: pytest.CaptureFixture[str]) -> None:
    replies(data=sent.settings.data)
    told = capsys.readouterr().out
    assert "stop det ikke" in told
    assert "Answer: stammis replies WORD --means stop, or keep" in told


def test_an_answer_says_what_the_word_means(sent: cycles.Cycle, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StammisError, match="no word 'nobody' waits"):
        replies("nobody", means="keep", data=sent.settings.data)
    replies(data=sent.settings.data)
    word = capsys.readouterr().out.split()[0]
    for means in (None, "maybe"):
        with pytest.raises(StammisError, match="say --means stop, or --means keep"):
            replies(word, means=means, data=sent.settings.data)
