import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from '@jest/globals';
import { createAwsParking } from '@tributary/lake';
import { parkingContract } from '@tributary/lake/parking.contract.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';

const parkingOf = (user: 'service' | 'customer', bucketName?: string) => {
  const { aws, awsRegion, awsUsers, parkingBucket } = readEndpoints();
  const { accessKeyId, secretAccessKey } = awsUsers[user];
  return createAwsParking({
    bucketName: bucketName ?? parkingBucket,
    region: awsRegion,
    endpoint: aws,
    credentials: { accessKeyId, secretAccessKey },
  });
};

parkingContract('S3 as our own service', async () => {
  const parking = parkingOf('service');
  return { parking, close: async () => parking.close() };
});

it('lets_no_customer_look_into_our_own_bucket', async () => {
  const theirs = parkingOf('customer');
  await expect(theirs.read('parked/ocsf.file-activity/0/a.parquet')).rejects.toMatchObject({
    code: 'parking-unavailable',
  });
  theirs.close();
});

it('says_that_the_bucket_is_missing_and_takes_no_object_for_gone', async () => {
  const nowhere = parkingOf('service', 'tributary-parking-of-nobody');
  await expect(nowhere.readNote('parked/ocsf.file-activity/0/a.parquet')).rejects.toMatchObject({
    code: 'parking-unavailable',
  });
  nowhere.close();
});

it('gives_the_service_no_other_bucket_than_this', async () => {
  const { aws, awsRegion, awsUsers } = readEndpoints();
  const s3 = new S3Client({
    endpoint: aws,
    region: awsRegion,
    credentials: awsUsers.service,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  const elsewhere = s3.send(new ListObjectsV2Command({ Bucket: 'aws-security-data-lake-us-east-1-customer1' }));
  await expect(elsewhere).rejects.toBeDefined();
  s3.destroy();
});
