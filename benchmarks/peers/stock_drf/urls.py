"""One viewset: the messages of a chat, for its members."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from .models import Chat, Message


class MessageSerializer(ModelSerializer[Message]):
    class Meta:
        model = Message
        fields = "__all__"


class MessageViewSet(ModelViewSet[Message]):
    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        chats = Chat.objects.filter(member_ids__contains=[self.request.user.pk])
        chat = get_object_or_404(chats, pk=self.kwargs["chat_id"])
        return Message.objects.filter(chat_id=chat.pk).order_by("-created_at")


urlpatterns = [
    path(
        "api/v1/chats/<uuid:chat_id>/messages",
        MessageViewSet.as_view({"get": "list", "post": "create"}),
    )
]
