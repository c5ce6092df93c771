"""Our collections as unmanaged models: the same data and the same indexes."""

from django.db import models
from django_mongodb_backend.fields import ArrayField


class Chat(models.Model):
    id = models.UUIDField(primary_key=True, db_column="_id")
    name = models.CharField(max_length=255)
    member_ids = ArrayField(models.BigIntegerField())

    class Meta:
        managed = False
        db_table = "chats_chat"

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    id = models.UUIDField(primary_key=True, db_column="_id")
    chat_id = models.UUIDField()
    seq = models.BigIntegerField()
    sender_id = models.BigIntegerField()
    content = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "chats_message"

    def __str__(self) -> str:
        return self.content
