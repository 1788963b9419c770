"""REST handler of one action on many photos."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gallery import batches, selectors
from gallery.api.problems import problems
from gallery.batches import NEEDS, NEEDS_SOURCE, NEEDS_TARGET, BatchAction, Failure, Outcome
from gallery.models import Album, Photo
from gallery.permissions import Action, Person
from gallery.search import LONGEST_TEXT, PhotoSearch

SEARCH_FIELDS = ("q", "uploaded_from", "uploaded_to", "taken_from", "taken_to")


class PhotoSearchSerializer(serializers.Serializer[Any]):
    """What is looked for among photos; all of it may be left out."""

    q = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, help_text="words of the name"
    )
    uploaded_from = serializers.DateField(required=False)
    uploaded_to = serializers.DateField(required=False, help_text="this day included")
    taken_from = serializers.DateField(required=False)
    taken_to = serializers.DateField(required=False)

    @staticmethod
    def search(wish: dict[str, Any]) -> PhotoSearch:
        """Return a validated wish as what the selectors take."""
        fields = dict(wish)
        return PhotoSearch(text=fields.pop("q", ""), **fields)


class PhotoSelectionSerializer(serializers.Serializer[Any]):
    """Photos by name; else those of an album, of a search, or of a search in an album."""

    photos = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=batches.LARGEST, allow_empty=False
    )
    album = serializers.UUIDField(
        required=False, help_text="the album they lie in; alone, all of its photos"
    )
    search = PhotoSearchSerializer(required=False, help_text="{} means all photos")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a wish that chooses nothing, and one that chooses twice."""
        if "photos" in attrs and "search" in attrs:
            raise serializers.ValidationError("Send either photos or search.")
        if not attrs.keys() & {"photos", "album", "search"}:
            raise serializers.ValidationError("Send photos, album or search.")
        return attrs


class PhotoBatchSerializer(PhotoSelectionSerializer):
    """An action on chosen photos."""

    action = serializers.ChoiceField(choices=[action.value for action in BatchAction])
    target = serializers.UUIDField(required=False, help_text="album, for copy and move")
    recipe = serializers.DictField(required=False, help_text="for retouch; the album's if left out")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an action that lacks the album that it needs."""
        action = attrs["action"]
        if action in NEEDS_TARGET and "target" not in attrs:
            raise serializers.ValidationError({"target": f"{action} needs a target."})
        if action in NEEDS_SOURCE and "album" not in attrs:
            raise serializers.ValidationError({"album": f"{action} needs the album they lie in."})
        return super().validate(attrs)


class BatchFailureSerializer(serializers.Serializer[Any]):
    """Why the action could not be done with one photo."""

    photo = serializers.UUIDField()
    code = serializers.CharField(help_text="not_found, not_allowed, or as the single call refuses")
    detail = serializers.CharField()


class BatchOutcomeSerializer(serializers.Serializer[Any]):
    """With which photos the action was done, and with which not."""

    action = serializers.CharField()
    done = serializers.ListField(child=serializers.UUIDField())
    failed = BatchFailureSerializer(many=True)


class PhotoBatchView(APIView):
    """One action on many photos."""

    @extend_schema(request=PhotoBatchSerializer, responses={200: BatchOutcomeSerializer})
    def post(self, request: Request) -> Response:
        """Retouch, trash, restore, erase, copy, move or remove photos.

        `move` and `remove` take them out of `album`. One photo's refusal stops no other;
        404 where none of them is there.
        """
        wish = PhotoBatchSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        outcome = photos_batch_wished(request.user, wish.validated_data)
        answer = {
            "action": wish.validated_data["action"],
            "done": outcome.done,
            "failed": [vars(failure) for failure in outcome.failed],
        }
        return Response(BatchOutcomeSerializer(answer).data)


def photos_batch_wished(person: Person, wish: dict[str, Any]) -> Outcome:
    """Choose and do as a validated wish says; raises Http404 where no named photo is there."""
    action = BatchAction(wish["action"])
    source = _album(person, wish.get("album"), action, NEEDS_SOURCE)
    target = _album(person, wish.get("target"), action, NEEDS_TARGET)
    with problems():
        if "photos" in wish:
            batches.batch_check_size(len(wish["photos"]), action)
            chosen, missing = _named(person, wish["photos"], action)
        else:
            photos = photos_wished(person, wish, NEEDS[action], trashed=action in batches.IN_TRASH)
            chosen, missing = batches.chosen_of(photos, action), []
        outcome = batches.photos_batch(
            action=action, photos=chosen, source=source, target=target, recipe=wish.get("recipe")
        )
    outcome.failed = missing + outcome.failed
    return outcome


def photos_wished(
    person: Person, wish: dict[str, Any], action: Action, *, trashed: bool = False
) -> QuerySet[Photo]:
    """Return the photos of the album or search that a wish names; raises Http404."""
    search = PhotoSearchSerializer.search(wish.get("search", {}))
    if "album" in wish:
        album = selectors.album_for(person, wish["album"])
        photos = selectors.photos_for(person, action, trashed=trashed).filter(albums=album)
    else:
        # Without an album it is one's own photos, as on the page of all photos.
        photos = selectors.photos_for(person, Action.MANAGE, trashed=trashed)
    return search.among(photos.select_related("owner"))


def _album(
    person: Person, album_id: UUID | None, action: BatchAction, changed_by: Sequence[BatchAction]
) -> Album | None:
    if album_id is None:
        return None
    needed = Action.MANAGE if action in changed_by else Action.VIEW
    return selectors.album_for(person, album_id, needed)


def _named(
    person: Person, photo_ids: Sequence[UUID], action: BatchAction
) -> tuple[list[Photo], list[Failure]]:
    trashed = action in batches.IN_TRASH
    chosen, missing = selectors.photos_chosen(person, photo_ids, NEEDS[action], trashed=trashed)
    if not chosen and all(code == "not_found" for _pk, code in missing):
        raise Http404
    texts = {
        "not_found": _("This photo is not there any more."),
        "not_allowed": _("You may look at this photo, but not do this with it."),
    }
    return chosen, [Failure(pk, code, texts[code]) for pk, code in missing]
