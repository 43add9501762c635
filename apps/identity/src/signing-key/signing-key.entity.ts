import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('signing_key')
export class SigningKeyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_key_pk' }) kid: string;
  /** SPKI, PEM. */
  @Column('text') publicKey: string;
  /** PKCS #8, PEM, wrapped by JWT_SECRET. */
  @Column('text') wrappedPrivateKey: string;
  @Column('timestamptz') createdAt: Date;
}
