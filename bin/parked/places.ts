import { createAwsParking, type Parking } from '@tributary/lake';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import type { Publisher } from '@tributary/stream';
import { clusterOf } from '../cluster.ts';

/** Where a command finds our bucket and Kafka: in the local stack of `dir`, or as they are named. */
export interface ParkedPlaces {
  readonly dir: string;
  readonly brokers?: string;
  readonly bucket?: string;
  readonly region?: string;
  /** The address of a stand-in for S3. */
  readonly endpoint?: string;
}

/** On the local stack as its service user; elsewhere with the credentials that the AWS SDK finds. */
export function parkingOf({ dir, bucket, region, endpoint }: ParkedPlaces): Parking {
  if (bucket !== undefined) {
    if (region === undefined) throw new Error('--bucket needs --region, the AWS region in which it lies.');
    return createAwsParking({ bucketName: bucket, region, ...(endpoint === undefined ? {} : { endpoint }) });
  }
  const local = readEndpoints(dir);
  const { accessKeyId, secretAccessKey } = local.awsUsers.service;
  return createAwsParking({
    bucketName: local.parkingBucket,
    region: local.awsRegion,
    endpoint: local.aws,
    credentials: { accessKeyId, secretAccessKey },
  });
}

/** Who writes the audit log. */
export function publisherOf(places: ParkedPlaces): Publisher {
  return clusterOf('parked', places).publisher();
}
