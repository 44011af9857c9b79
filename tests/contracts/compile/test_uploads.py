"""What is wrong with how a document says that files are uploaded."""

from pathlib import Path

import pytest
import yaml

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.requirements import requirements

POSTED = Path(__file__).parents[2] / "documents" / "posted.yaml"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("to: /data/host", "to: /data/address", "the answer holds nothing at /data/address"),
        ("{{answer:/data/policy}}", "{{answer:/data/rule}}", "the answer holds nothing at /data/rule"),
        ('"{{answer:/data/policy}}"', '"{{now|epoch-s}}"', "{{now}} has no value here"),
        ("store://{{answer:/data/folder}}/", "store://", "nothing of the answer is in it"),
        ("file: file", "file: policy", "`policy` is one of the fields, too"),
        ("used: /video_url", "used: /video_url\n        gives: /data/folder", "say one of them"),
        ("used: /video_url", "used: /video_url\n        put: /data/host", "to an address of their own"),
        ('folder: "in/{{file}}"', 'folder: "{{answer:/data/host}}"', "belongs into /x-task/upload/form"),
    ],
)
def test_forms_that_cannot_be_filled_in(old: str, new: str, problem: str, tmp_path: Path) -> None:
    text = POSTED.read_text()
    assert old in text
    copy = tmp_path / POSTED.name
    copy.write_text(text.replace(old, new, 1))
    base = POSTED.with_name(yaml.safe_load(text)["extends"])
    (tmp_path / base.name).write_text(base.read_text())
    with pytest.raises(DocumentError) as caught:
        load_contract(copy)
    assert problem in str(caught.value)


def test_creates_that_take_any_address_need_no_file() -> None:
    """Nothing in a base stands for a file, so that no create uploads one; the upload itself is judged."""
    contract = load_contract("dashscope")
    assert contract.upload is not None
    assert contract.upload.stand_ins == ()
    assert not list(contract.upload.used.all(contract.models["happyhorse-1.0-i2v"].base))
    judged = {each.id for each in requirements(contract)}
    assert {"upload.accepted", "upload.form", "upload.reference"} <= judged
