using Insula.Api.Selectors;
using Insula.Store;

namespace Insulad.Http;

/// <summary>Which objects a list or watch is about.</summary>
internal sealed class Selection
{
    private readonly LabelSelector _labels;
    private readonly FieldSelector _fields;
    private readonly bool _byField;
    private readonly string? _name;

    public Selection(ApiRequest request)
    {
        _labels = LabelSelector.Parse(request.Query("labelSelector"));
        var fields = request.Query("fieldSelector");
        _fields = FieldSelector.Parse(fields, request.Kind.Plural);
        _byField = !string.IsNullOrWhiteSpace(fields);
        _name = request.Info.Name;
    }

    public bool Matches(StoredObject value) =>
        (_name is null || value.Key.Name == _name)
        && (_labels.IsEverything || _labels.Matches(value.Labels))
        && (!_byField || _fields.Matches(value.ToDocument()));
}
