"""Sphinx settings of the group's site: literal values only, so that they can be read without running."""

project = "DeepLink Research Group"
language = "zh_CN"
root_doc = "index"

extensions = ["myst_parser"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build"]

html_theme = "alabaster"
html_title = "DeepLink Research Group"
html_static_path = ["_static"]
html_css_files = ["site.css"]
