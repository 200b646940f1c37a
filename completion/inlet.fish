# SPDX-License-Identifier: BSD-2-Clause
# inlet.fish - completion of inlet's command line in fish
#
# Commands and options are asked from the program itself: `inlet help --list` and
# `inlet COMMAND --list-options`.

function __inlet_options
    set -l words (commandline -opc)
    if test (count $words) -lt 2
        return
    end
    for line in ($words[1] $words[2] --list-options 2>/dev/null | tail -n +2)
        set -l fields (string split \t -- $line)
        test -n "$fields[1]"; and printf '%s\t%s\n' -$fields[1] "$fields[4]"
        test -n "$fields[2]"; and printf '%s\t%s\n' --$fields[2] "$fields[4]"
    end
    printf '%s\t%s\n' --help 'say what it takes'
end

function __inlet_first
    test (count (commandline -opc)) -eq 1
end

function __inlet_option_begun
    not __inlet_first; and string match -q -- '-*' (commandline -ct)
end

complete -c inlet -n __inlet_first -f -a '(inlet help --list 2>/dev/null)'
complete -c inlet -n __inlet_option_begun -f -a '(__inlet_options)'
