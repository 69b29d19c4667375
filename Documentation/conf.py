# SPDX-License-Identifier: GPL-2.0
"""Configuration of Sphinx."""

project = "rust_seccomp"
copyright = "the rust_seccomp authors"  # pylint: disable=redefined-builtin
html_theme = "alabaster"
nitpicky = True
# The language of policies; secpol(1) is made by the command itself.
man_pages = [("user/policies", "secpol", "policies in words for seccomp", "", 5)]
