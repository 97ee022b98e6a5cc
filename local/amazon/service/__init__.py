"""Amazon's side of the Catalog API, simulated: the code of its two Lambda functions.

It runs in the emulator's own Python, with boto3 and cryptography and nothing of the project beside it.
"""
