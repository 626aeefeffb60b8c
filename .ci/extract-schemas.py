"""extract-schemas.py WHEEL FOLDER VERSIONS: the strict JSON schemas of these versions of Kubernetes, as kubeconform finds them.

In the package they have web addresses as ids and refer to each other from the root; here a file is its own address.
"""

import json
import pathlib
import sys
import zipfile

wheel, folder, versions = sys.argv[1:]
with zipfile.ZipFile(wheel) as package:
    for version in versions.split(","):
        source = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/"
        names = [name for name in package.namelist() if name.startswith(source)]
        if not names:
            sys.exit(f"{wheel} has no schemas of Kubernetes {version}")
        target = pathlib.Path(folder, f"v{version}-strict")
        target.mkdir(parents=True)
        for name in names:
            text = package.read(name).decode().replace('"/api/_definitions.json#', '"_definitions.json#')
            schema = json.loads(text)
            schema.pop("$id", None)
            (target / pathlib.PurePosixPath(name).name).write_text(json.dumps(schema))
