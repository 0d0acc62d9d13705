"""Published routing problems as drops, so that Dropwright is measured on what others are measured on.

    python -m bench.published FOLDER [--family NAME ...] [--instance NAME ...]

The instances stay where they are; nothing of them is kept here. docs: bench/README.md, "Published instances".
"""
