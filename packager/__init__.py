"""From the Chalice app to what Terraform applies: `chalice.tf.json`, `deployment.zip` and `package.json`.

Chalice generates Terraform that can't be used as it is, and it can't build a zip for another platform than the one it
runs on. So it is treated as a code generator: it runs in a scratch folder, `chalice_output` repairs the JSON that it
writes, and `archive` adds the wheels of the target platform to its zip.
"""

from packager.build import PackageError, check, package

__all__ = ["PackageError", "check", "package"]
