from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chats', '0003_message_sender_newest_first'),
    ]

    operations = [
        # The new one first: a site that is running finds the chats of a member all the time.
        migrations.AddIndex(
            model_name='chat',
            index=models.Index(fields=['member_ids', '-created_at'], name='chat_member'),
        ),
        migrations.RemoveIndex(
            model_name='chat',
            name='chat_member_latest',
        ),
    ]
