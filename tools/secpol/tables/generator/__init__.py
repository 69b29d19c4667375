# SPDX-License-Identifier: MIT OR Apache-2.0
"""What generate.py is made of."""
