"""Paths of the chat pages, under /chats/."""

from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from . import admission, blocks, joining, leaving, members, pins, reactions, threads, views

app_name = "chats"

urlpatterns = [
    path("", views.chat_list, name="list"),
    path("new/", views.new, name="new"),
    path("new/group/", views.new_group, name="new_group"),
    path("private/<user_id:user_id>/", views.new_private, name="new_private"),
    path("groups/", joining.groups, name="groups"),
    path("groups/<any_uuid:chat_id>/join/", joining.join, name="join"),
    path("groups/<any_uuid:chat_id>/withdraw/", joining.withdraw, name="withdraw"),
    path("invitation/", joining.invitation, name="invitation"),
    path("<any_uuid:chat_id>/", views.detail, name="detail"),
    path("<any_uuid:chat_id>/thread/<any_uuid:message_id>/", threads.thread, name="thread"),
    path("<any_uuid:chat_id>/send/", views.send, name="send"),
    path("<any_uuid:chat_id>/rename/", views.rename, name="rename"),
    path("<any_uuid:chat_id>/delete/", leaving.delete, name="delete"),
    path("<any_uuid:chat_id>/clear/", leaving.clear, name="clear"),
    path("<any_uuid:chat_id>/leave/", leaving.leave, name="leave"),
    path("<any_uuid:chat_id>/pins/", pins.pins, name="pins"),
    path("<any_uuid:chat_id>/messages/<any_uuid:message_id>/unpin/", pins.unpin, name="unpin"),
    path("<any_uuid:chat_id>/messages/<any_uuid:message_id>/edits/", pins.edits, name="edits"),
    path(
        "<any_uuid:chat_id>/messages/<any_uuid:message_id>/reactions/",
        reactions.reactions,
        name="reactions",
    ),
    path("<any_uuid:chat_id>/members/", members.members, name="members"),
    path("<any_uuid:chat_id>/members/add/", members.add_member, name="add_member"),
    path("<any_uuid:chat_id>/access/", admission.access, name="access"),
    path(
        "<any_uuid:chat_id>/requests/<user_id:user_id>/accept/",
        admission.accept_request,
        name="accept_request",
    ),
    path(
        "<any_uuid:chat_id>/requests/<user_id:user_id>/refuse/",
        admission.refuse_request,
        name="refuse_request",
    ),
    path("<any_uuid:chat_id>/bans/<user_id:user_id>/lift/", admission.lift_ban, name="lift_ban"),
    path("<any_uuid:chat_id>/invitations/", admission.group_invitations, name="group_invitations"),
    path(
        "<any_uuid:chat_id>/invitations/<any_uuid:invitation_id>/revoke/",
        admission.revoke_invitation,
        name="revoke_invitation",
    ),
    path(
        "<any_uuid:chat_id>/members/<user_id:user_id>/remove/",
        members.remove_member,
        name="remove_member",
    ),
    path(
        "<any_uuid:chat_id>/members/<user_id:user_id>/block/",
        blocks.block,
        name="block",
    ),
    path(
        "<any_uuid:chat_id>/members/<user_id:user_id>/unblock/",
        blocks.unblock,
        name="unblock",
    ),
    path(
        "<any_uuid:chat_id>/members/<user_id:user_id>/owner/",
        members.make_owner,
        name="make_owner",
    ),
    path(
        "<any_uuid:chat_id>/members/<user_id:user_id>/permissions/",
        members.permissions,
        name="permissions",
    ),
]
