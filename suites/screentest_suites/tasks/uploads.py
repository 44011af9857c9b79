"""Files that creates refer to: uploaded once per account, when the first create needs one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from screentest_contracts.contract import Role, UploadRule
from screentest_contracts.location import is_empty
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_suites.core.credential import GOOD, NO_KEY, AccountKey, Credential
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.requests.bodies import bytes_form, reference_bytes, reference_of, upload_rule
from screentest_suites.requests.builder import RequestBuilder
from screentest_suites.requests.media import small_file
from screentest_suites.targets.target import Target

UPLOADING = "the file that creates refer to"
"""What an upload is for, whichever requirement is the first to need it."""

Exchanger = Callable[[Role, SentRequest], Exchange]
"""Sends a request, patiently."""


@dataclass(frozen=True)
class Uploaded:
    """An upload: its answer and, where the bytes go to an address of their own, what that said: None where the
    answer held too little to send them."""

    answer: Exchange
    stored: Exchange | None = None


class Uploads:
    """The uploaded files of a run, by account. Thread-safe."""

    def __init__(self, builder: RequestBuilder, target: Target, exchange: Exchanger, speed: float = 1.0) -> None:
        self._builder = builder
        self._target = target
        self._exchange = exchange
        self._speed = speed
        self._known: dict[AccountKey, Uploaded] = {}
        self._lock = threading.Lock()

    def with_files(self, sent: SentRequest) -> SentRequest:
        """The request with references to a file of its account where it has stand-ins. Uploads one if there is none.
        Raises NotObservedError where no reference can be had."""
        rule, body = self._builder.contract.upload, sent.body
        if rule is None or body is None:
            return sent
        is_form = not body.startswith(b"{")
        for stand_in in rule.stand_ins:
            mark = reference_bytes(stand_in, is_form=is_form)
            if mark in body:
                body = body.replace(mark, reference_bytes(self.reference(sent.credential), is_form=is_form))
        return replace(sent, body=body)

    def reference(self, credential: Credential = GOOD) -> Any:
        """The reference to an uploaded file of an account. Uploads one if there is none. Raises NotObservedError where
        the upload was not accepted."""
        uploaded = self.uploaded(credential)
        reference = reference_of(upload_rule(self._builder.contract), uploaded.answer.json)
        if not self.accepted(uploaded) or is_empty(reference):
            raise NotObservedError(Skip.NOT_OBSERVED, "no file could be uploaded")
        return reference

    def accepted(self, uploaded: Uploaded) -> bool:
        """Whether an upload was accepted."""
        answer = uploaded.answer
        outcome = judge_call(self._builder.contract, Role.UPLOAD, answer.status, answer.json)
        return outcome is CallOutcome.ACCEPTED

    def known(self, account: AccountKey = GOOD) -> Uploaded | None:
        """An account's upload, if there has been one. Sends nothing."""
        return self._known.get(account)

    def forget(self, account: AccountKey = GOOD) -> None:
        """Makes the next create that needs a file upload a new one."""
        self._known.pop(account, None)

    def uploaded(self, credential: Credential = GOOD) -> Uploaded:
        """An account's file: uploaded once, and again where it can no longer be used."""
        account = GOOD
        if isinstance(credential, AccountKey) and credential.account in self._target.keys:
            account = credential
        rule = upload_rule(self._builder.contract)
        with self._lock:
            known = self._known.get(account)
            if known is not None and rule.life is not None:
                life = rule.life * 0.9 / self._speed
                known = known if self._target.now() - known.answer.sent_at < life else None
            if known is None:
                known = self._known[account] = self._upload(account, rule)
        return known

    def _upload(self, account: AccountKey, rule: UploadRule) -> Uploaded:
        operation = self._builder.contract.roles[Role.UPLOAD][0]
        request = self._builder.request(operation, credential=account, purpose=UPLOADING)
        answer = self._exchange(Role.UPLOAD, request)
        address = None if rule.bytes_at is None else rule.bytes_at.find(answer.json)
        whole = (rule.media, small_file(rule.media)[1]) if rule.form is None else bytes_form(rule, answer.json)
        if not isinstance(address, str) or whole is None:
            return Uploaded(answer)
        media, data = whole
        method = "PUT" if rule.form is None else "POST"
        url = self._target.base_url + address if address.startswith("/") else address
        headers = (("content-type", media),)
        stored = SentRequest(method, url, headers, data, NO_KEY, "", UPLOADING)  # what was told is the key
        return Uploaded(answer, self._target.send(stored))
