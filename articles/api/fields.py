from rest_framework import serializers


class RangeSerializer(serializers.Serializer):
    """`[start, end)` of a version's text, in Unicode code points."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=0)


class TextRangeSerializer(RangeSerializer):
    """A range with its text."""

    text = serializers.CharField(allow_blank=True)
