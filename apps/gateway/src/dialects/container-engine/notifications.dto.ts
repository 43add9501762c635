import { Flag, Id, Text } from '@slipway/contracts';

export class SentTestNotification {
  @Flag() success: boolean;
  @Text() message: string;
  @Id() user_id: string;
}
