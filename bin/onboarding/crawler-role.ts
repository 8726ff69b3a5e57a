/**
 * Path and name of the role that deploy/customer-role makes. Source: AWS, managed policy AmazonSecurityLakeAdministrator:
 * who has no more than it may hand to Glue `service-role/AmazonSecurityLakeCustomDataGlueCrawler*` and no other role.
 */
export const crawlerRoleDefault = 'service-role/AmazonSecurityLakeCustomDataGlueCrawlerTributary';
