# SPDX-License-Identifier: GPL-2.0
"""Configuration of Sphinx."""

project = "rust_seccomp"
copyright = "the rust_seccomp authors"  # pylint: disable=redefined-builtin
html_theme = "alabaster"
nitpicky = True
