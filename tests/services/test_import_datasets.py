"""The two shared data sets go in whole, in minutes and with bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import func, select

from kbsearch.services.importing import parse_mapping, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.tables import Category, Subject, SubjectVersion

from .import_place import STOCK, open_place

DATA = Path(__file__).parents[3] / "shared" / "data"
PRODUCTS = DATA / "telecom_cmcc_products" / "articles.jsonl"
LAWS = DATA / "scale_laws" / "articles.jsonl.gz"
MINUTES, MEGABYTES = 3, 300  # of processor time: what else the machine does is not ours
MEASURED = """
import json, resource, sys
from pathlib import Path
from kbsearch.clock import system_clock
from kbsearch.ids import random_id
from kbsearch.services.importing import ImportMode, ImportOptions, parse_mapping, run_import
from kbsearch.services.people import CONSOLE
from kbsearch.store.engine import open_engine
from kbsearch.store.unit import Store
store = Store(open_engine(sys.argv[1]), system_clock, random_id)
options = ImportOptions(ImportMode.STOCK, "laws", parse_mapping(["sourceId=id", "body=text"]), category_id="LC-1")
result = run_import(store, CONSOLE, Path(sys.argv[2]), options)
used = resource.getrusage(resource.RUSAGE_SELF)
told = {"imported": result.imported, "rejected": result.rejected, "seconds": used.ru_utime + used.ru_stime}
print(json.dumps(told | {"megabytes": used.ru_maxrss / 1024}))
"""


@pytest.mark.skipif(not PRODUCTS.exists(), reason="../shared/data is not here")
def test_all_products_go_in_by_the_mapping_of_the_readme(tmp_path: Path) -> None:
    mapping = parse_mapping(["sourceId=id", "body=text", "category=category"])
    with open_place(tmp_path) as place:
        options = replace(STOCK, source="cmcc", mapping=mapping, create_categories=True, rejected_file=tmp_path / "rejected.jsonl")
        result = run_import(place.store, CONSOLE, PRODUCTS, options)
        assert (result.read, result.imported, result.rejected) == (239, 239, 0)
        names = {c.id: c.name for c in place.rows(Category)}
        told = [json.loads(line) for line in PRODUCTS.read_text(encoding="utf-8").splitlines()]
        assert {names[k.category_id or ""] for k in place.rows(Subject)} == {t["category"].strip() for t in told}
        assert sorted(v.body for v in place.rows(SubjectVersion)) == sorted(t["text"].strip() for t in told)
        assert run_import(place.store, CONSOLE, PRODUCTS, options).unchanged == 239


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not LAWS.exists(), reason="../shared/data is not here")
def test_all_laws_go_in_within_three_minutes_and_bounded_memory(tmp_path: Path) -> None:
    with open_place(tmp_path) as place:
        command = [sys.executable, "-c", MEASURED, str(place.store.engine.url), str(LAWS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter, our own words
        told = json.loads(done.stdout)
        assert (told["imported"], told["rejected"]) == (147_127, 0)
        assert told["seconds"] < MINUTES * 60
        assert told["megabytes"] < MEGABYTES
        with place.store.read() as session:
            assert session.exec(select(func.count()).select_from(SubjectVersion)).one() == 147_127
