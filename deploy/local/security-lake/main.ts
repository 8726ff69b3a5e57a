import { join } from 'node:path';
import { readEndpoints, repositoryRoot } from '../endpoints.ts';
import { readSecurityLakeModel } from './api-model.ts';
import { startSecurityLakeStandIn } from './stand-in.ts';

// For trying the onboarding by hand: node_modules/.bin/node deploy/local/security-lake/main.ts [bucket], beside a running stack.
const endpoints = readEndpoints();
const standIn = await startSecurityLakeStandIn({
  endpoints,
  model: readSecurityLakeModel(join(repositoryRoot, '.local/tools')),
  bucketName: process.argv[2] ?? `aws-security-data-lake-${endpoints.awsRegion}-onboarded`,
  port: 0,
});
const { accessKeyId, secretAccessKey } = endpoints.awsUsers.customer;
console.log(`export AWS_ENDPOINT_URL_SECURITYLAKE=${standIn.url} AWS_ENDPOINT_URL=${endpoints.aws}`);
console.log(`export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
process.once('SIGINT', () => void standIn.stop()).once('SIGTERM', () => void standIn.stop());
