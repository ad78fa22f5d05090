"""How Bash is told what can be completed; Zsh and Fish are told as click does it."""

from __future__ import annotations

from click.shell_completion import BashComplete, add_completion_class

# Bash's own way leaves names out where a file is wanted too, and ends a folder's name with a blank.
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        if [[ $type == file || $type == dir ]]; then
            compopt -o filenames
            [[ $type == file ]] && local kind=-f || local kind=-d
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen $kind -- "$2")
        elif [[ $type == plain ]]; then
            COMPREPLY+=("$value")
        fi
    done < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")
    ((${#COMPREPLY[@]})) || compopt -o default
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Completion in Bash from version 4.4 on."""

    source_template = _SCRIPT


def register() -> None:
    """Put it in the place of click's own."""
    add_completion_class(Bash)
