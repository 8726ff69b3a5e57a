/** What an image runs. */
export interface Image {
  /** The workspace package whose production dependencies go in, and nothing else. */
  readonly workspace: string;
  /** What `node <bundle>` runs. */
  readonly main: string;
}

/** Every image that deploy/kubernetes names, as `tributary/<name>`. */
export const images = {
  consumer: { workspace: '@tributary/consumer', main: 'services/consumer/main.ts' },
  flusher: { workspace: '@tributary/flusher', main: 'services/flusher/main.ts' },
  registration: { workspace: '@tributary/registration', main: 'services/registration/main.ts' },
  // The command line: the job that makes the topics runs it, and people do.
  operator: { workspace: '@tributary/cli', main: 'bin/cli.ts' },
} as const satisfies Readonly<Record<string, Image>>;

export type ImageName = keyof typeof images;

/** The names of all images, services first. */
export const imageNames = Object.keys(images) as ImageName[];
