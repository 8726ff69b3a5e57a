/**
 * Home regions and the AWS region each serves. An account lives in exactly one home region, and its lake's bucket
 * must lie in that AWS region: it is the `region=` of every object key.
 */
export const homeRegions = {
  'us-1': 'us-east-1',
  'au-1': 'ap-southeast-2',
  'jp-1': 'ap-northeast-1',
  'de-1': 'eu-central-1',
} as const;

export type HomeRegion = keyof typeof homeRegions;
export type AwsRegion = (typeof homeRegions)[HomeRegion];
