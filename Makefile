# Two commands matter: `make book` and `make test`. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
NOTEBOOKS := $(BIN)/python tools/notebooks.py

# One thread each: faster on small models than two, and the same numbers on every machine.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call nbval,WORKERS,FILTER): execute the chapters again and compare their outputs with the stored ones.
nbval = chapters=$$($(NOTEBOOKS) list$(2)) && TQDM_DISABLE=1 $(BIN)/pytest --nbval --nbval-current-env \
	--nbval-cell-timeout 600 --nbval-kernel-startup-timeout 180 \
	-n $(1) --dist loadscope $$chapters

.PHONY: help book test notebooks lint unit nbval nodata gpu address serve clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*  ## /\1|/p' Makefile | while IFS='|' read -r target text; do \
		printf '  make %-10s %s\n' "$$target" "$$text"; done

book: .venv/installed  ## build the book from the stored outputs
	@$(BIN)/jupyter-book build . -W -n --keep-going || { \
		rm -rf _build/.doctrees; \
		echo "make: the book was not built; each WARNING above names a page and a line" >&2; exit 1; }
	@echo "Open _build/html/index.html, or run 'make serve'."

test: lint unit nbval  ## lint, unit tests, and every chapter executed and compared

notebooks: .venv/installed  ## execute and store all chapters, or one: make notebooks CH=book/part/chapter.ipynb
	$(NOTEBOOKS) run $(CH)
	$(NOTEBOOKS) check $(CH)

lint: .venv/installed  ## style, types, workflows, and the form of the stored notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy seq2seq_tutor tools benchmarks
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --offline --quiet --strict-collection .github
	$(NOTEBOOKS) check

unit: .venv/installed  ## tests and doctests, with the package's line coverage
	$(BIN)/pytest --cov --cov-report term-missing:skip-covered

nbval: .venv/installed  ## execute every chapter and compare its outputs
	@$(call nbval,2)

nodata: .venv/installed  ## the chapters that use downloaded data, where there is none and no network
	@empty=$$(mktemp -d) && trap 'rm -r "$$empty"' EXIT && \
	export SEQ2SEQ_TUTOR_DATA= XDG_CACHE_HOME="$$empty" HTTPS_PROXY=http://127.0.0.1:9 && \
	$(call nbval,2, | xargs grep -l needs-data)

gpu: .venv/installed  ## the same on this machine's GPU
	@$(BIN)/python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' || { \
		echo "make: torch sees no GPU here; 'make nbval' runs the chapters on the CPU" >&2; exit 1; }
	@$(call nbval,1)

address: .venv/installed  ## write the repository's address from _config.yml into every chapter
	@$(NOTEBOOKS) address

serve: .venv/installed  ## serve the built book at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

clean:  ## remove what was built, .venv included
	rm -rf .venv _build build *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The stamp is written last, so a failed installation is tried again. jieba has no wheel: like this
# package it is built with the pinned setuptools, not with whatever is newest today.
.venv/installed: requirements.txt constraints.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
		echo "make: no '$(PYTHON)' here; install Python 3.10 to 3.13, or name one: make PYTHON=python3.11 book" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "make: $$($(PYTHON) --version 2>&1) is not between 3.10 and 3.13; name another: make PYTHON=python3.11 book" >&2; \
		exit 1; }
	@echo "Installing into .venv; this takes a few minutes."
	@$(PYTHON) -m venv .venv \
		&& $(BIN)/pip install -q -c constraints.txt setuptools wheel \
		&& $(BIN)/pip install -q --no-build-isolation -c constraints.txt -r requirements.txt \
		&& $(BIN)/pip install -q --no-build-isolation --no-deps --editable . || { \
		echo "make: the installation failed; the message above says why. It needs the package index and" >&2; \
		echo "      2 GB of disk (more where PyTorch comes with CUDA). If nothing else helps: make clean, and again." >&2; \
		exit 1; }
	@if [ -e .git ]; then git config diff.notebook.textconv '$(BIN)/python tools/notebooks.py text'; fi
	@touch $@
