#compdef inlet
# SPDX-License-Identifier: BSD-2-Clause
# inlet.zsh - completion of inlet's command line in zsh, as _inlet in a folder of $fpath
#
# Commands and options are asked from the program itself: `inlet help --list` and
# `inlet COMMAND --list-options`.

_inlet() {
    local inlet=${words[1]} line kind letter name value
    local -a list fields found

    if ((CURRENT == 2)); then
        for line in "${(@f)$("$inlet" help --list 2>/dev/null)}"; do
            found+=("${line%%$'\t'*}:${line#*$'\t'}")
        done
        _describe 'command' found
        return
    fi
    list=("${(@f)$("$inlet" "${words[2]}" --list-options 2>/dev/null)}")
    kind=${list[1]#*$'\t'}
    if [[ ${words[CURRENT]} == -* ]]; then
        for line in "${(@)list[2,-1]}"; do
            fields=("${(@ps:\t:)line}")
            [[ -n ${fields[1]} ]] && found+=("-${fields[1]}:${fields[4]//:/\\:}")
            [[ -n ${fields[2]} ]] && found+=("--${fields[2]}:${fields[4]//:/\\:}")
        done
        found+=('--help:say what it takes')
        _describe -o 'option' found
        return
    fi
    case $kind in
    host) _hosts ;;
    command) _command_names ;;
    *) _files ;;
    esac
}
_inlet "$@"
