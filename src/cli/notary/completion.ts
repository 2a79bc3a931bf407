// `notary completion SHELL`: a script that asks the program itself what may stand where Tab was pressed. Shorter than
// cobra's, which ask in the same way.
import { commandName, lastCommand } from '../cobra/command.ts';
import type { NotaryBody } from './command.ts';

const scripts: Readonly<Record<string, (ask: string) => string>> = {
  // Without descriptions: bash would put them into the command line.
  bash: () => `_notary() {
  local lines words=("\${COMP_WORDS[@]:1:COMP_CWORD-1}") typed="\${COMP_WORDS[COMP_CWORD]}"
  mapfile -t lines < <("\${COMP_WORDS[0]}" __completeNoDesc "\${words[@]}" "$typed" 2>/dev/null)
  COMPREPLY=("\${lines[@]:0:\${#lines[@]}-2}")
  if [ "\${lines[-2]}" = ":0" ]; then mapfile -t COMPREPLY < <(compgen -f -- "$typed"); fi
}
complete -o filenames -F _notary notary
`,
  zsh: (ask) => `#compdef notary
_notary() {
  local -a lines
  lines=("\${(@f)$("\${words[1]}" ${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[-2]}" == ":0" ]]; then _files; return; fi
  lines=("\${(@)lines[1,-3]/:/\\\\:}")
  lines=("\${(@)lines/$'\\t'/:}")
  _describe notary lines
}
if [ "$funcstack[1]" = "_notary" ]; then _notary "$@"; fi
`,
  fish: (ask) => `function __notary_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] ${ask} $words[2..-1] 2>/dev/null | string match -v -r '^(:|Completion ended)'
end
complete -c notary -a '(__notary_complete)'
`,
  powershell: (ask) => `Register-ArgumentCompleter -CommandName notary -ScriptBlock {
  param($typed, $line, $position)
  $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($typed -eq '') { $words += '""' }
  & $line.CommandElements[0].ToString() ${ask} @words 2>$null |
    Where-Object { $_ -notmatch '^(:|Completion ended)' } |
    ForEach-Object {
      $text, $about = $_ -split "\`t", 2
      if (-not $about) { $about = $text }
      [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $about)
    }
}
`,
};

export const run: NotaryBody['run'] = ({ path, flags, world }) => {
  const script = scripts[commandName(lastCommand(path))];
  const ask = flags.isOn('no-descriptions') ? '__completeNoDesc' : '__complete';
  world.stdout.write(script?.(ask) ?? '');
  return Promise.resolve();
};
