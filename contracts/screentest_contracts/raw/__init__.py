"""A provider document, or a plain OpenAPI description, as the data of its file: also where it is broken."""
