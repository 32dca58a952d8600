using System.Text.Json.Nodes;

namespace Insula.Api.Workloads;

/// <summary>Templates in the data of ControllerRevisions: each as the strategic merge patch with which kubectl undoes an update.</summary>
public static class RevisionData
{
    private const string Directive = "$patch";

    /// <summary>The data that keeps a template.</summary>
    public static JsonObject Of(JsonObject template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var kept = template.DeepClone().AsObject();
        kept[Directive] = "replace";
        return new() { ["spec"] = new JsonObject { ["template"] = kept } };
    }

    /// <summary>The template in some data, without what only a patch needs; null when there is none.</summary>
    public static JsonObject? Template(JsonNode? data)
    {
        if ((data as JsonObject)?["spec"] is not JsonObject spec || spec["template"] is not JsonObject kept)
        {
            return null;
        }

        var template = kept.DeepClone().AsObject();
        template.Remove(Directive);
        return template;
    }
}
