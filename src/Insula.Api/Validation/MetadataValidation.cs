using System.Text;
using Insula.Api.Meta;

namespace Insula.Api.Validation;

/// <summary>Checks metadata as Kubernetes does (apimachinery api/validation).</summary>
public static class MetadataValidation
{
    /// <summary>Largest total of annotations in bytes.</summary>
    public const int AnnotationBytes = 256 * 1024;

    private static readonly UTF8Encoding _utf8 = new();

    /// <summary>What is wrong with an object's metadata; a name is a DNS subdomain, or a DNS label where <paramref name="labelName"/> says so.</summary>
    public static IReadOnlyList<FieldError> Validate(ObjectMeta metadata, bool namespaced, bool labelName = false)
    {
        var errors = new List<FieldError>();
        Validate(new(errors, "metadata"), metadata, namespaced, labelName);
        return errors;
    }

    internal static void Validate(ErrorList at, ObjectMeta metadata, bool namespaced, bool labelName = false)
    {
        Func<string, string?> form = labelName ? Names.Dns1123Label : Names.Dns1123Subdomain;
        if (metadata.GenerateName is { Length: > 0 } prefix && form(prefix.TrimEnd('-') is { Length: > 0 } trimmed ? trimmed : prefix) is { } complaint)
        {
            at.Field("generateName").Invalid(prefix, complaint);
        }

        if (metadata.Name.Length == 0)
        {
            if (string.IsNullOrEmpty(metadata.GenerateName))
            {
                at.Field("name").Required("name or generateName is required");
            }
        }
        else
        {
            at.Field("name").Name(metadata.Name, form);
        }

        if (!namespaced && !string.IsNullOrEmpty(metadata.Namespace))
        {
            at.Field("namespace").Forbidden("not allowed on this type");
        }
        else if (namespaced && metadata.Namespace is { Length: > 0 } space)
        {
            at.Field("namespace").Name(space, Names.Dns1123Label);
        }

        Labels(at.Field("labels"), metadata.Labels);
        Annotations(at.Field("annotations"), metadata.Annotations);
        for (var i = 0; i < metadata.Finalizers.Count; i++)
        {
            at.Field("finalizers").Index(i).Name(metadata.Finalizers[i], Names.QualifiedName);
        }

        Owners(at.Field("ownerReferences"), metadata.OwnerReferences);
    }

    internal static void Labels(ErrorList at, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in labels)
        {
            if (Names.QualifiedName(key) is { } keyComplaint)
            {
                at.Invalid(key, keyComplaint);
            }

            if (Names.LabelValue(value) is { } complaint)
            {
                at.Key(key).Invalid(value, complaint);
            }
        }
    }

    private static void Annotations(ErrorList at, IReadOnlyDictionary<string, string> annotations)
    {
        long bytes = 0;
        foreach (var (key, value) in annotations)
        {
            // Kubernetes checks annotation keys in lower case: their prefix may have capitals.
            if (Names.QualifiedName(key.ToLowerInvariant()) is { } complaint)
            {
                at.Invalid(key, complaint);
            }

            bytes += _utf8.GetByteCount(key) + _utf8.GetByteCount(value);
        }

        if (bytes > AnnotationBytes)
        {
            at.All.Add(FieldError.TooLong(at.Path, AnnotationBytes));
        }
    }

    private static void Owners(ErrorList at, IReadOnlyList<OwnerReference> owners)
    {
        for (var i = 0; i < owners.Count; i++)
        {
            var one = at.Index(i);
            foreach (var (name, value) in ((string, string)[])
                [("apiVersion", owners[i].ApiVersion), ("kind", owners[i].Kind), ("name", owners[i].Name), ("uid", owners[i].Uid)])
            {
                if (value.Length == 0)
                {
                    one.Field(name).Required("must not be empty");
                }

                one.Field(name).Plain(value);
            }
        }

        if (owners.Count(o => o.Controller == true) > 1)
        {
            at.Invalid(null, "only one reference can have controller set to true");
        }
    }
}
