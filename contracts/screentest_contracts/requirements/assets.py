"""Requirements on further files of a task, on the size of its file, and on values of the account."""

from screentest_contracts.contract import Role
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import bodies_of, selected, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder
from screentest_contracts.requirements.subjects import AssetName, Member, StatedDigest

_NEEDS = (CREATE, QUERY, ENDED)


def add_assets(builder: Builder) -> None:
    """For each asset: it is shown, its address works, it has its media type, needs the key, and lives as long."""
    add = builder.add
    for asset in builder.contract.assets.values():
        name, subject, facts = f"result.asset.{asset.name}", AssetName(asset.name), asset.facts
        needs: tuple[str, ...] = (*_NEEDS, "content.there") if asset.parameters else _NEEDS
        if not asset.optional and not asset.parameters:
            text = f"A task that has succeeded shows the address of its {asset.name}."
            add(name, kinds.ASSET_SHOWN, "result", facts[""], text, subject, needs)
            needs = (*needs, name)
        asked = " and ".join(f"{parameter}={value}" for parameter, value in asset.parameters.items())
        text = f"The content operation with {asked}" if asked else f"The address of the {asset.name}"
        text += f" gives the {asset.name}." if asked else " gives a file."
        add(f"{name}.fetch", kinds.ASSET_FETCH, "result", facts[""], text, subject, needs)
        needs = (*needs, f"{name}.fetch")
        if asset.media_type:
            text = f"The {asset.name} is sent as {asset.media_type}, or as plain bytes (octet-stream)."
            add(f"{name}.media-type", kinds.ASSET_MEDIA_TYPE, "result", facts["media_type"], text, subject, needs)
        if asset.auth == "required" and not asset.parameters:
            text = f"The {asset.name} needs the key."
            add(f"{name}.auth", kinds.ASSET_AUTH, "result", facts["auth"], text, subject, needs)
        if asset.life is not None:
            text = f"The address of the {asset.name} works for {asset.life / 3600:g} hours."
            add(f"{name}.life", kinds.ASSET_LIFE, "result", facts["life"], text, subject, needs)


def add_digests(builder: Builder) -> None:
    """What answers and headers of downloads say of the digest of the file."""
    contract, needs = builder.contract, (*_NEEDS, "result.fetch")
    for role in (Role.QUERY, Role.RESULT):
        operation = contract.operation(role)
        if operation is None:
            continue
        for profile in contract.profiles.values():
            for template in (selected(each) for each in bodies_of(profile, operation).values()):
                for slot in template.slots_named("file_digest"):
                    slug, name = slug_of(slot.pointer), f"result.{slug_of(slot.pointer)}.digest"
                    text = f"`{slug}` is the {slot.hole.argument} of the file."
                    fact = schema_fact(operation, contract.success[role].made, slot.pointer)
                    subject = StatedDigest(slot.pointer, "", str(resolve(template.tree, segments(slot.pointer))))
                    if name not in builder.requirements:
                        builder.add(name, kinds.FILE_DIGEST, "result", fact, text, subject, needs)
    for header in contract.headers:
        for slot in header.make.slots_named("file_digest") if Role.CONTENT in header.roles else ():
            text = f"The header {header.name} of a download has the {slot.hole.argument} of the file."
            subject, name = StatedDigest("", header.name, str(header.make.tree)), f"result.{header.name.lower()}.digest"
            builder.add(name, kinds.FILE_DIGEST, "result", header.fact, text, subject, needs)


def add_stated(builder: Builder) -> None:
    """What answers say of the size of the file and of the account."""
    contract = builder.contract
    for role, operations in contract.roles.items():
        if role not in (Role.QUERY, Role.RESULT):
            continue
        for profile in contract.profiles.values():
            for pointer, slot in slots_by_pointer(bodies_of(profile, operations[0]), "file_size", "account").items():
                fact, slug = schema_fact(operations[0], contract.success[role].made, pointer), slug_of(pointer)
                needs: tuple[str, ...] = (CREATE, QUERY)
                if slot.hole.name == "account":
                    name, text = f"query.{slug}.account", f"`{slug}` is the same in every answer to one account."
                    kind, suite = kinds.ACCOUNT_VALUE, "polling"
                else:
                    name, text = f"result.{slug}.size", f"`{slug}` is the size of the file in bytes."
                    kind, suite, needs = kinds.FILE_SIZE, "result", (*_NEEDS, "result.fetch")
                if name not in builder.requirements:
                    builder.add(name, kind, suite, fact, text, Member(pointer), needs)
