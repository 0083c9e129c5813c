"""The search core: query and document as data, analysis, and engines behind one port; knows no store, workflow or HTTP."""
