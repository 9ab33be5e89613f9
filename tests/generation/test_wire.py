"""The language model's client against a real server: transformers serve, with a tiny random model made here."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.generation.model import LanguageModel, Piece
from assistant.generation.prompting import Prompt
from assistant.generation.writer import Writer
from assistant.pipeline import Assistant
from assistant.settings import LanguageModelSettings

pytestmark = pytest.mark.slow
_START_S = 240.0
_TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def make_model(folder: Path) -> None:
    """Write a Llama of 30,000 random weights, one token a byte."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(7)
    letters = ["<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>", chat_template=_TEMPLATE
    )
    config = LlamaConfig(
        vocab_size=len(letters), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=16384, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageModelSettings]:
    missing = [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"transformers serve needs {', '.join(missing)}: install requirements-dev.txt")
    folder = tmp_path_factory.mktemp("wire")
    make_model(folder / "model")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "transformers"), "serve", str(folder / "model"), "--host", "127.0.0.1",
        "--port", str(port), "--device", "cpu",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield LanguageModelSettings(
            base_url=f"http://127.0.0.1:{port}/v1", model=str(folder / "model"), timeout_s=120, max_tokens=1000,
            ledger=folder / "ledger.db",
        )  # fmt: skip
    finally:
        process.terminate()
        process.wait(30)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"the server did not start in {_START_S:.0f} s: {log.read_text('utf-8', 'replace')[-2000:]}")


def test_a_reply_streams_in_pieces_and_tells_what_it_used(served):
    model = LanguageModel.load(served)
    *pieces, last = model.reply(Prompt("Say something.", "什么？"), max_tokens=24)
    assert pieces
    assert all(isinstance(piece, Piece) and piece.text for piece in pieces)
    assert (last.text, last.end) in {("", "length"), ("", "stop")}
    assert last.input_tokens > 20
    assert 1 <= last.output_tokens <= 24


def test_what_a_random_model_says_never_reaches_an_answer(served, assistant: Assistant):
    plain = assistant.ask("联合培养博士的导师是谁？")
    writer = Writer.load(served, assistant._answerer.parser)
    assert writer.write(plain, on_draft=lambda draft: None) == plain
    counts = writer.ledger.counts()
    assert counts["answers", "unsupported"] == 1
    assert counts["tokens", "input"] > 100


def test_a_model_that_is_not_there_is_told_by_its_status(served, assistant: Assistant):
    other = served.model_copy(update={"model": "no/such-model"})
    plain = assistant.ask("联合培养博士的导师是谁？")
    writer = Writer.load(other, assistant._answerer.parser)
    assert writer.write(plain, on_draft=lambda draft: None) == plain
