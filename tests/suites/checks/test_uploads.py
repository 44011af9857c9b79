"""Files that are uploaded before a create: what is sent when, and what each check says of an answer that is altered."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Role
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.wire.forms import read_parts
from screentest_suites.core.credential import NO_KEY, AccountKey, LiteralKey
from screentest_suites.core.verdicts import Finding, NotObservedError, Skip
from screentest_suites.requests.media import small_file
from screentest_suites.tasks.session import Session
from tests.suites.checks.findings import failure, passed

DOCUMENTS = Path(__file__).parents[2] / "documents"
FORM, SIGNED, POSTED = (str(DOCUMENTS / f"{name}.yaml") for name in ("files", "presigned", "posted"))
REFUSED = orjson.dumps({"base_resp": {"status_code": 2013, "status_msg": "no"}})


def calls(made: Any) -> list[str]:
    """The operations that were called, without polls; `PUT` for bytes."""
    named = [each.sent.operation or each.sent.method for each in made.wire.log]
    return [each for each in named if each not in ("queryVideo", "retrieveFile", "getVideo", "GET")]


def model_of(made: Any, name: str) -> Any:
    return made.contract.models[name]


def by_address(tree: Any) -> None:
    """The small document, whose uploads give the address under which a file then stands: any other is as good."""
    tree["paths"]["/files"] = {
        "post": {
            "operationId": "send",
            "requestBody": {
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": ["picture"],
                            "properties": {"picture": {"type": "string", "contentMediaType": "image/png"}},
                        }
                    }
                }
            },
            "responses": {"default": {"description": "any", "content": {"application/json": {"schema": {}}}}},
        }
    }
    clip, task = tree["components"]["schemas"]["Clip"], tree["x-task"]
    clip["properties"]["picture"] = {"type": "string", "format": "uri"}
    task["models"]["clip-1"]["base"]["picture"] = "https://media.example.com/made-up.png"
    task["roles"]["upload"] = ["send"]
    task["upload"] = {
        "body": {"data": {"url": "{{base}}/pictures/{{file}}.png"}},
        "gives": ["/url", "/data/url"],
        "used": ["/picture"],
    }


# -- what is sent -------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_once_for_each_account(bench: Any) -> None:
    made = bench(FORM)
    session: Session = made.session
    picture = model_of(made, "sail-1-picture")
    for account in ("good", "good", "second", "good"):
        session.create(picture, picture.base, credential=AccountKey(account))
    assert calls(made) == [
        *("uploadFile", "createVideo", "createVideo"),
        *("uploadFile", "createVideo", "createVideo"),
    ]
    assert all(each.json["base_resp"]["status_code"] == 0 for each in made.wire.log)
    sent = [orjson.loads(each.sent.body) for each in made.wire.log if each.sent.operation == "createVideo"]
    given = [each.json["file"]["file_id"] for each in made.wire.log if each.sent.operation == "uploadFile"]
    assert [each["first_frame_file_id"] for each in sent] == [given[0], given[0], given[1], given[0]]


def test_the_file_of_the_good_account_stands_in_for_keys_that_are_none(bench: Any) -> None:
    made = bench(FORM)
    picture = model_of(made, "sail-1-picture")
    for credential in (LiteralKey("sk-wrong"), NO_KEY):
        sent = made.session.request(picture.operations[0], body=picture.base, credential=credential)
        made.session.send(Role.CREATE, sent)
    assert calls(made) == ["uploadFile", "createVideo", "createVideo"]


def test_nothing_is_uploaded_for_who_needs_no_file(bench: Any) -> None:
    made = bench(FORM)
    made.session.create(model_of(made, "sail-1"), model_of(made, "sail-1").base)
    assert calls(made) == ["createVideo"]


def test_a_file_is_uploaded_again_before_it_is_too_old(bench: Any) -> None:
    made = bench(FORM)
    picture = model_of(made, "sail-1-picture")
    for wait in (0, 77_000, 1000):
        made.wire.sleep(wait)
        assert made.session.accepted(made.session.create(picture, picture.base))
    assert calls(made) == ["uploadFile", "createVideo", "createVideo", "uploadFile", "createVideo"]


def test_references_that_samples_make_up_become_the_files(bench: Any) -> None:
    made = bench(FORM)
    picture = model_of(made, "sail-1-picture")
    assert made.session.accepted(made.session.create(picture, {**picture.base, "first_frame_file_id": 7}))
    wrong = made.session.create(picture, {**picture.base, "first_frame_file_id": "7"}, valid=False)
    assert orjson.loads(wrong.sent.body or b"")["first_frame_file_id"] == "7"


def by_text(tree: Any) -> None:
    """The same, whose schema takes any text for a reference."""
    by_address(tree)
    tree["components"]["schemas"]["Clip"]["properties"]["picture"] = {"type": "string"}


def telling_more(tree: Any) -> None:
    """The same, whose uploads tell of the file."""
    by_text(tree)
    upload = tree["x-task"]["upload"]
    ends, made = "{{link_expires|epoch-ms}}", "{{created|iso}}"
    upload["body"]["data"] |= {"bytes": "{{size}}", "until": ends, "at": made, "note": "until {{link_expires|iso}}"}
    upload["life"] = 86400


def in_no_base(tree: Any) -> None:
    """The same, and no model's base names a file."""
    by_text(tree)
    del tree["x-task"]["models"]["clip-1"]["base"]["picture"]


def test_a_text_without_characters_is_a_made_up_reference_too(bench: Any) -> None:
    made = bench(by_text)
    model = model_of(made, "clip-1")
    sent = made.session.create(model, {**model.base, "picture": ""})
    assert orjson.loads(sent.sent.body or b"")["picture"] == made.wire.log[0].json["data"]["url"]


def test_a_made_up_reference_is_left_out_where_nothing_stands_for_a_file(bench: Any) -> None:
    made = bench(in_no_base)
    model = model_of(made, "clip-1")
    for reference in ("made-up", ""):
        sent = made.session.create(model, {**model.base, "picture": reference})
        assert orjson.loads(sent.sent.body or b"") == model.base
    wrong = made.session.create(model, {**model.base, "picture": 7}, valid=False)
    assert orjson.loads(wrong.sent.body or b"")["picture"] == 7


def test_a_reference_that_must_be_there_stays(bench: Any) -> None:
    needed = {"dependentRequired": {"prompt": ["picture"]}}
    made = bench(in_no_base, lambda tree: tree["components"]["schemas"]["Clip"].update(needed))
    model = model_of(made, "clip-1")
    body = {**model.base, "prompt": "A boat.", "picture": "made-up"}
    sent = made.session.create(model, body)
    assert orjson.loads(sent.sent.body or b"") == body


VALUES = ("upload.data.bytes.size", "upload.data.until.life", "upload.data.at.form")


def test_what_an_upload_tells_of_its_file_is_derived(bench: Any) -> None:
    known = [each for each in requirements(bench(telling_more).contract) if each.kind == "upload-value"]
    assert {each.id for each in known} == set(VALUES), "a piece of a text is no value"
    texts = {each.id: each.statement for each in known}
    assert texts["upload.data.until.life"].endswith("is the end of the file: 24 hours after its upload.")
    (form,) = [each.id for each in requirements(bench(FORM).contract) if each.id.startswith("upload.file.created")]
    assert form == "upload.file.created_at.form"
    assert not any(each.kind == "upload-value" for each in requirements(bench(POSTED).contract))


@pytest.mark.parametrize("name", VALUES)
def test_what_an_upload_tells_of_its_file(name: str, bench: Any) -> None:
    assert passed(bench(telling_more).judge(name))


SIZE = len(small_file("image/png")[1])


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        (VALUES[0], SIZE + 1, f"/data/bytes is {SIZE + 1}, and the file has {SIZE} bytes"),
        (VALUES[0], "many", f"/data/bytes is 'many', and the file has {SIZE} bytes"),
        (VALUES[1], 1780086400, "/data/until: 1780086400 is not a time in epoch-ms of this century"),
        (VALUES[1], 1780000000000 + 3_600_000, "/data/until states 3600 s after the upload"),
        (VALUES[1], 1780000000000 + 90_000_000, "/data/until states 90000 s after the upload"),
        (VALUES[2], 1780000000, "/data/at: expected a string (iso), got 1780000000"),
    ],
)
def test_what_an_upload_tells_wrongly(name: str, value: Any, seen: str, bench: Any, tools: Any) -> None:
    pointer = "/" + "/".join(name.split(".")[1:3])
    made = bench(telling_more, alter=tools.on("send", at={pointer: value}))
    assert failure(made.judge(name))[0] == seen


@pytest.mark.parametrize("name", VALUES)
def test_what_an_upload_does_not_tell_is_not_judged(name: str, bench: Any, tools: Any) -> None:
    pointer = "/" + "/".join(name.split(".")[1:3])
    made = bench(telling_more, alter=tools.on("send", at={pointer: None}))
    assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED, f"the answer holds nothing at {pointer}")


def test_the_mock_can_tell_each_of_them_wrongly(bench: Any) -> None:
    for name, planted in (
        (VALUES[0], "upload-other-size"),
        (VALUES[1], "upload-ends-early"),
        (VALUES[1], "upload-end-in-other-form"),
        (VALUES[2], "upload-created-in-other-form"),
    ):
        made = bench(telling_more)
        made.wire.mock.deviation = deviation(planted, made.contract)
        failure(made.judge(name))


def test_bytes_follow_to_an_address_of_their_own_without_a_key(bench: Any) -> None:
    made = bench(SIGNED)
    model = model_of(made, "restyle-1")
    assert made.session.accepted(made.session.create(model, model.base))
    assert calls(made) == ["startUpload", "PUT", "createVideo"]
    put = made.wire.log[1].sent
    assert (put.credential, dict(put.headers), put.body) == (
        NO_KEY,
        {"content-type": "video/mp4"},
        small_file("video/mp4")[1],
    )


def test_a_form_repeats_what_was_told_without_a_key(bench: Any) -> None:
    made = bench(POSTED)
    model = model_of(made, "restyle-1")
    assert made.session.accepted(made.session.create(model, model.base))
    assert calls(made) == ["startUpload", "POST", "createVideo"]
    asked, posted, created = made.wire.log
    told, (name, data) = asked.json["data"], small_file("video/mp4")
    assert (asked.sent.method, asked.sent.body) == ("GET", None)
    assert (posted.sent.url, posted.sent.credential) == (told["host"], NO_KEY)
    parts = read_parts(dict(posted.sent.headers)["content-type"], posted.sent.body)
    assert [(part.name, part.data.decode()) for part in parts[:-1]] == [
        ("key", f"{told['folder']}/{name}"),
        ("policy", told["policy"]),
        ("Signature", told["signature"]),
        ("success_action_status", "200"),
    ]
    assert (parts[-1].name, parts[-1].filename, parts[-1].data) == ("file", name, data)
    assert orjson.loads(created.sent.body)["video_url"] == f"store://{told['folder']}/{name}"


def test_an_address_is_as_good_as_any_where_nobody_says_otherwise(bench: Any) -> None:
    made = bench(by_address)
    model = model_of(made, "clip-1")
    assert made.session.accepted(made.session.create(model, model.base))
    url = made.wire.log[0].json["data"]["url"]
    assert orjson.loads(made.wire.log[1].sent.body)["picture"] == url
    passed(made.judge("upload.reference"))
    with pytest.raises(StopIteration):
        made.requirement("upload.life")


def test_nothing_is_uploaded_where_nothing_may_be_spent(bench: Any) -> None:
    from screentest_suites.spending import Ledger, ReservationState

    made = bench(FORM, remote=True, metered=True)
    made.session.client.ledger = Ledger(cap=0)
    for name in ("upload.accepted", "upload.reference"):
        with pytest.raises(NotObservedError):
            made.judge(name)
    assert calls(made) == []
    assert {each.state for each in made.session.client.ledger.entries} == {ReservationState.DECLINED}


# -- checks -------------------------------------------------------------------------------------------------------


def test_a_good_server(bench: Any) -> None:
    made = bench(FORM)
    for name in ("upload.accepted", "upload.schema", "upload.reference", "upload.life"):
        passed(made.judge(name))
    assert passed(bench(SIGNED).judge("upload.put")) == 1


def test_an_upload_that_is_refused(bench: Any, tools: Any) -> None:
    made = bench(FORM, alter=tools.on("uploadFile", body=REFUSED))
    assert failure(made.judge("upload.accepted")) == ("answered 200", "accepted", [200])
    made = bench(FORM, alter=tools.on("uploadFile", status=500))
    assert failure(made.judge("upload.accepted")) == ("answered 500", "accepted", [500])
    made = bench(FORM, alter=tools.on("uploadFile", status=0, error="no connection"))
    assert failure(made.judge("upload.accepted")) == ("no connection", "accepted", [0])


def test_an_answer_of_another_shape(bench: Any, tools: Any) -> None:
    made = bench(FORM, alter=tools.on("uploadFile", at={"/file/bytes": "many"}))
    seen, expected, _ = failure(made.judge("upload.schema"))
    assert ("/file/bytes" in seen, expected) == (True, "the documented schema")


def test_references(bench: Any, tools: Any) -> None:
    for value in (None, "", {}, True):
        made = bench(FORM, alter=tools.on("uploadFile", at={"/file/file_id": value}))
        assert failure(made.judge("upload.reference"))[:2] == ("there is none", "a reference at /file/file_id")
    made = bench(FORM, alter=tools.on("uploadFile", at={"/file/file_id": "f-1"}))
    assert failure(made.judge("upload.reference"))[:2] == ("the reference is 'f-1'", "^[0-9]+$")


def test_without_a_reference_no_create_is_sent(bench: Any, tools: Any) -> None:
    made = bench(FORM, alter=tools.on("uploadFile", at={"/file/file_id": None}))
    picture = model_of(made, "sail-1-picture")
    with pytest.raises(NotObservedError, match="no file could be uploaded"):
        made.session.create(picture, picture.base)
    assert calls(made) == ["uploadFile"]


def test_bytes_that_are_not_taken(bench: Any, tools: Any) -> None:
    made = bench(SIGNED, alter=tools.on("", status=403))
    assert failure(made.judge("upload.put")) == ("the bytes were answered 403", "a 2xx status", [201, 403])
    made = bench(SIGNED, alter=tools.on("startUpload", at={"/upload_url": 7}))
    assert failure(made.judge("upload.put")) == ("there is no address", "one at /upload_url", [201])
    made = bench(SIGNED, alter=tools.on("", error="gone"))
    assert failure(made.judge("upload.put"))[0] == "gone"


def test_a_form_that_is_not_taken_or_not_told(bench: Any, tools: Any) -> None:
    passed(bench(POSTED).judge("upload.form"))
    made = bench(POSTED, alter=tools.on("", status=403))
    assert failure(made.judge("upload.form")) == ("the bytes were answered 403", "a 2xx status", [201, 403])
    expected = "what the form holds, and its address"
    for place in ("/data/host", "/data/policy", "/data/signature"):
        made = bench(POSTED, alter=tools.on("startUpload", at={place: None}))
        assert failure(made.judge("upload.form")) == (f"nothing at {place}", expected, [201])
        assert calls(made) == ["startUpload"]
    made = bench(POSTED, alter=tools.on("startUpload", at={"/data/folder": ""}))
    place = "store://{{answer:/data/folder}}/{{filename}}"
    assert failure(made.judge("upload.reference"))[:2] == ("there is none", f"a reference at {place}")


def test_parameters_of_an_upload(bench: Any, tools: Any) -> None:
    made = bench(POSTED)
    assert passed(made.judge("upload.action.enum")) >= 2
    asked = [each for each in made.wire.log if each.sent.operation == "startUpload"]
    assert {each.status for each in asked} == {201, 400}
    taken = bench(POSTED, alter=tools.on("startUpload", status=201))
    assert failure(taken.judge("upload.action.required"))[1] == "the request is refused"
    dear = bench(POSTED, remote=True, metered=True)
    with pytest.raises(NotObservedError, match="files of their own"):
        dear.judge("upload.action.enum")
    assert calls(dear) == []


def test_a_file_that_is_forgotten(bench: Any, tools: Any) -> None:
    made = bench(FORM, alter=tools.on("createVideo", first=2, body=REFUSED))
    seen = ("answered 200 after 86395 s", "accepted, for 86400 s", [200, 200])
    assert failure(made.judge("upload.life")) == seen
    assert tools.is_skip(bench(FORM, remote=True).judge("upload.life"), Skip.NEEDS_CLOCK)
    made = bench(FORM, alter=tools.on("createVideo", body=REFUSED))
    assert tools.is_skip(made.judge("upload.life"), Skip.NOT_OBSERVED, "no task was made with a file")
    made = bench(FORM, models=("sail-1",))
    assert tools.is_skip(made.judge("upload.life"), Skip.NOT_OBSERVED, "no task was made with a file")


# -- refusals -----------------------------------------------------------------------------------------------------


def test_files_of_nobody_and_of_others(bench: Any, tools: Any) -> None:
    made = bench(FORM)
    (nobodys,) = made.provoke("unknown-file")
    sent = orjson.loads(nobodys.sent.body)["first_frame_file_id"]
    assert (sent, nobodys.json["base_resp"]["status_code"]) == (176844000000002, 2013)
    (others,) = made.provoke("foreign-file")
    assert others.json["base_resp"]["status_code"] == 1004
    passed(made.judge("error.create.unknown-file"))
    passed(made.judge("auth.create.foreign-file"))
    (nobodys,) = bench(SIGNED).provoke("unknown-file")
    assert orjson.loads(nobodys.sent.body)["video_url"] == "https://files.acme.example/made-up.mp0"
    for name in ("unknown-file", "foreign-file"):
        assert tools.is_skip(bench(FORM, models=("sail-1",)).provoke(name), Skip.NOT_OBSERVED)
    assert tools.is_skip(bench(FORM, remote=True).provoke("foreign-file"), Skip.NEEDS_SECOND_KEY)


def test_a_server_that_takes_any_reference(bench: Any, tools: Any) -> None:
    receipt = {"task_id": "1", "base_resp": {"status_code": 0, "status_msg": ""}}
    for name in ("error.create.unknown-file", "auth.create.foreign-file"):
        made = bench(FORM, alter=tools.on("createVideo", body=receipt))
        assert failure(made.judge(name))[0] == "answered 200 as a success"


def test_refused_uploads(bench: Any) -> None:
    made = bench(FORM)
    for condition, code in (("missing-key", 1004), ("wrong-key", 1004), ("invalid-body", 2013), ("too-large", 2013)):
        (answer,) = made.provoke(condition, Role.UPLOAD)
        assert (condition, answer.json["base_resp"]["status_code"]) == (condition, code)
    assert len(answer.sent.body) > 2_097_152
    (answer,) = bench(SIGNED).provoke("invalid-body", Role.UPLOAD)
    assert (answer.sent.body, answer.status) == (b"[]", 400)
    assert isinstance(bench(FORM, remote=True).provoke("too-large", Role.UPLOAD), Finding)


# -- results by another id ----------------------------------------------------------------------------------------


def test_a_result_is_asked_for_by_the_id_that_the_query_shows(bench: Any) -> None:
    made = bench(FORM, models=("sail-1",))
    passed(made.judge("result.link"))
    asked = [each for each in made.wire.log if each.sent.operation == "retrieveFile"]
    shown = {each.json.get("file_id") for each in made.wire.log if each.sent.operation == "queryVideo"} - {""}
    assert {each.sent.url.rpartition("=")[2] for each in asked} <= shown
    assert all(each.json["base_resp"]["status_code"] == 0 for each in asked)


def test_an_id_that_leads_nowhere(bench: Any, tools: Any) -> None:
    made = bench(FORM, models=("sail-1",), alter=tools.on("queryVideo", at={"/file_id": "1"}))
    assert failure(made.judge("result.link"))[0]


def test_what_nobody_was_shown_is_made_up(bench: Any) -> None:
    session: Session = bench(FORM).session
    operation = session.contract.roles[Role.RESULT][0]
    urls = [session.request(operation, task=task).url for task in ("123", "123", "124", "not-an-id")]
    ids = [each.rpartition("=")[2] for each in urls]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] != "123"
    assert ids[3] == "not-an-id"
    session.client.builder.note_ids("123", {"file_id": 55})
    assert session.request(operation, task="123").url.endswith("?file_id=55")
