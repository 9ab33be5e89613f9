import os

project = "示例实验室"
language = "zh_CN"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist", "tasklist"]
exclude_patterns = ["_build", "drafts/*"]
suppress_warnings = ["myst.xref_missing", "toc.not_included"]
version = "1.2"
release = version
rst_epilog = """
.. |lab| replace:: 示例实验室
"""
html_theme = "basic"
html_static_path = ["_static"]
smartquotes = False
html_title = os.environ.get("TITLE", "never read")
