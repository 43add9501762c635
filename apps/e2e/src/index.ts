export { HttpClient, type Answer } from './http-client.js';
export { playMainJob, StoryError, type StoryOptions } from './main-job.js';
export { startWebhookReceiver, type ReceivedWebhook, type WebhookReceiver } from './webhook-receiver.js';
