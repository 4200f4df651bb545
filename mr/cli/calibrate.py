"""`mrcpr calibrate`: take a rig from a box of parts to numbers that can be proved.

Gives the group of commands; each lives in a module of its own.
"""

from __future__ import annotations

import typer

from mr.cli.calibrate_accept import accept
from mr.cli.calibrate_all import COMMANDS, all_, status
from mr.cli.calibrate_boards import boards, kit
from mr.cli.calibrate_check import check
from mr.cli.calibrate_files import diff, history, restore, service
from mr.cli.calibrate_new import new
from mr.cli.calibrate_page import page

calibrate = typer.Typer(
    name="calibrate",
    help="Calibrate a rig, check it, prove it, and see what has changed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
calibrate.command("boards")(boards)
calibrate.command("kit")(kit)
calibrate.command("new")(new)
calibrate.command("status")(status)
calibrate.command("all")(all_)
for _name, _run in COMMANDS.items():
    calibrate.command(_name)(_run)
calibrate.command("check")(check)
calibrate.command("page")(page)
calibrate.command("accept")(accept)
calibrate.command("diff")(diff)
calibrate.command("history")(history)
calibrate.command("restore")(restore)
calibrate.command("service")(service)
