/** What is asked of the schema registry, and by whom. Producers of agents register their schemas by themselves. */
export const registryAccess = [
  { user: 'consumer', method: 'GET', path: '/schemas/ids/*' },
  { user: 'operator', method: 'GET', path: '/schemas/ids/*' },
] as const;
