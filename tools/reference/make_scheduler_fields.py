"""Writes which fields each scheduler of diffusers has: packages/schedulers/src/config/diffusers-scheduler-fields.ts.

Usage: python tools/reference/make_scheduler_fields.py
"""

import ast
import inspect
from pathlib import Path

import diffusers

OUTPUT = Path(__file__).resolve().parents[2] / "packages/schedulers/src/config/diffusers-scheduler-fields.ts"

HEADER = '''/**
 * The fields of diffusers' schedulers, by class, separated by spaces: parameters of their constructors. Written by
 * tools/reference/make_scheduler_fields.py from diffusers {version}.
 */
export const diffusersSchedulerFields: Readonly<Record<string, string>> = {{
{lines}
}};
'''


def classes_in(path):
    """The schedulers of a source file, and the parameters of their constructors."""
    for node in ast.parse(path.read_text()).body:
        bases = {getattr(base, "id", "") for base in getattr(node, "bases", [])}
        if not isinstance(node, ast.ClassDef) or "ConfigMixin" not in bases:
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                arguments = [*method.args.args, *method.args.kwonlyargs]
                yield node.name, sorted(argument.arg for argument in arguments if argument.arg != "self")


def line(name, fields):
    """An entry, broken as the formatter of the repository breaks it."""
    text = f'  {name}: "{" ".join(fields)}",'
    return text if len(text) <= 110 else text.replace(": ", ":\n    ", 1)


def main():
    folder = Path(inspect.getfile(diffusers)).parent / "schedulers"
    found = sorted(item for path in folder.glob("scheduling_*.py") for item in classes_in(path))
    public = [(name, fields) for name, fields in found if name in dir(diffusers) and not name.startswith("Flax")]
    lines = "\n".join(line(name, fields) for name, fields in public)
    OUTPUT.write_text(HEADER.format(version=diffusers.__version__, lines=lines))
    print(f"{OUTPUT.name}: {len(public)} classes")


if __name__ == "__main__":
    main()
