"""`screentest selfcheck --clients`: the reference client and every faulty one, judged for each provider."""

from collections.abc import Iterable

import click

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.suggestions import did_you_mean
from screentest_suites.clients.faults import FAULTS
from screentest_suites.clients.listening import ListeningClient, can_listen
from screentest_suites.clients.resuming import DOWNLOADS, ResumingClient
from screentest_suites.clients.selfcheck import ClientProof, fitting_faults, prove
from screentest_suites.clients.situations import fitting


def run_client_proof(providers: Iterable[str], only: Iterable[str], verbose: bool) -> int:
    """Prints what is not as it should be, and figures; returns the exit status. Raises UsageError."""
    chosen = tuple(only)
    for name in chosen:
        if name not in FAULTS:
            raise UsageError(f"no fault of clients is called {name!r}", did_you_mean(name, FAULTS, ", ".join(FAULTS)))
    all_well = True
    for provider in tuple(providers) or built_in():
        contract = load_contract(provider)
        proofs = [] if chosen else [prove(contract)]
        if not chosen and can_listen(contract):
            proofs.append(prove(contract, client=ListeningClient))
        if not chosen:
            downloads = [name for name in fitting(contract) if name in DOWNLOADS]
            proofs.append(prove(contract, only=downloads, client=ResumingClient))
        for fault in fitting_faults(contract, chosen):
            proofs.append(prove(contract, fault))
        for proof in proofs:
            if verbose or not proof.ok:
                click.echo(f"{'ok' if proof.ok else 'NOT'} {proof.provider}: {_told(proof)}")
        faulty = [proof for proof in proofs if proof.fault]
        caught, clean = sum(proof.caught for proof in faulty), sum(not proof.wrongly for proof in faulty)
        well = all(proof.ok for proof in proofs if not proof.fault)
        reference = "" if chosen else f", the reference client {'breaks nothing' if well else 'is blamed'}"
        told = f"{caught} of {len(faulty)} faults noticed by name, {clean} without another MUST"
        click.echo(f"{contract.title}: {told}{reference}")
        all_well = all_well and all(proof.ok for proof in proofs)
    return 0 if all_well else 1


def _told(proof: ClientProof) -> str:
    name = proof.fault or "reference client"
    noticed = ", ".join(proof.noticed) or "nothing"
    wrongly = f"; wrongly blamed by {', '.join(proof.wrongly)}" if proof.wrongly else ""
    return f"{name}: {'noticed' if proof.caught else 'MISSED'} ({noticed}){wrongly}"
