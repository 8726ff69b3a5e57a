/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What a Dockerfile says, stage by stage: each begins with its FROM. */
export function stagesOf(dockerfile: string): Instruction[][] {
  const lines = dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const instructions = lines.map((line) => {
    const [, name, text] = /^(\S+)\s+(.*)$/.exec(line)!;
    return { name: name!.toUpperCase(), text: text!.replace(/\s+/g, ' ') };
  });
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** How a container of the last stage is run. */
export function runOf(dockerfile: string) {
  const last = stagesOf(dockerfile).at(-1)!;
  const only = (name: string) => last.findLast((instruction) => instruction.name === name)!.text;
  const pairs = last.filter(({ name }) => name === 'ENV').flatMap(({ text }) => text.split(' '));
  return {
    entrypoint: JSON.parse(only('ENTRYPOINT')) as string[],
    user: only('USER'),
    directory: only('WORKDIR'),
    env: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])),
  };
}
