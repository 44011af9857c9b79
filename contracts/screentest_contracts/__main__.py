"""`python -m screentest_contracts FILE...`: reads documents and says what is wrong with them."""

import sys

from screentest_contracts import UsageError, load_contract


def main(files: list[str]) -> int:
    """0 when every file is a usable document, else 2."""
    status = 0
    for file in files:
        try:
            contract = load_contract(file)
        except UsageError as error:
            print(error, file=sys.stderr)
            status = 2
        else:
            print(f"{contract.name}: {len(contract.models)} models, {len(contract.operations)} operations")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
