# SPDX-License-Identifier: BSD-2-Clause
# inlet.bash - completion of inlet's command line in bash
#
# Commands and options are asked from the program itself: `inlet help --list` and
# `inlet COMMAND --list-options`.

_inlet() {
    local inlet=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} list kind letter name value help
    local -a words=()

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        list=$("$inlet" help --list 2>/dev/null) || return 0
        while IFS=$'\t' read -r name help; do
            words+=("$name")
        done <<<"$list"
        mapfile -t COMPREPLY < <(compgen -W "${words[*]} --help --version" -- "$word")
        return 0
    fi
    list=$("$inlet" "${COMP_WORDS[1]}" --list-options 2>/dev/null) || return 0
    kind=${list%%$'\n'*}
    kind=${kind#*$'\t'}
    if [[ $word == -* ]]; then
        # read would take two tabs in a row for one: the fields are parted by hand
        while IFS= read -r help; do
            letter=${help%%$'\t'*}
            help=${help#*$'\t'}
            name=${help%%$'\t'*}
            [[ -n $letter ]] && words+=("-$letter")
            [[ -n $name ]] && words+=("--$name")
        done < <(tail -n +2 <<<"$list")
        mapfile -t COMPREPLY < <(compgen -W "${words[*]} --help" -- "$word")
    elif [[ $kind == host ]]; then
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
    elif [[ $kind == command ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _inlet inlet
