// The reporter that a command's flags ask for.
import { Reporter } from '../render/reporter.ts';
import type { Invocation } from './command.ts';

export function openReporter({ world, flags }: Invocation): Reporter {
  return new Reporter(world, {
    format: flags.text('output') === 'json' ? 'json' : 'text',
    isQuiet: flags.isOn('quiet'),
  });
}
