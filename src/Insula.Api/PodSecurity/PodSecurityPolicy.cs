using Insula.Api.Validation;

namespace Insula.Api.PodSecurity;

/// <summary>What a namespace demands of its pods.</summary>
/// <param name="Enforce">Pods that violate it are refused.</param>
/// <param name="Audit">Violations are noted in the audit log.</param>
/// <param name="Warn">Violations are told to who made the request.</param>
public sealed record PodSecurityPolicy(PodSecurityStandard Enforce, PodSecurityStandard Audit, PodSecurityStandard Warn)
{
    /// <summary>What all labels begin with; the mode follows, and <c>-version</c> for its version.</summary>
    public const string LabelPrefix = "pod-security.kubernetes.io/";

    /// <summary>Demands nothing.</summary>
    public static readonly PodSecurityPolicy Privileged = new(PodSecurityStandard.Privileged, PodSecurityStandard.Privileged, PodSecurityStandard.Privileged);

    /// <summary>
    /// The policy of a namespace's labels. What they do not name is the default's. A label that cannot be read is an
    /// error and counts as the strictest for enforcing, and as nothing for auditing and warning.
    /// </summary>
    public static PodSecurityPolicy FromLabels(IReadOnlyDictionary<string, string> labels, PodSecurityPolicy defaults, out IReadOnlyList<FieldError> errors)
    {
        var found = new List<FieldError>();
        var policy = new PodSecurityPolicy(
            Read("enforce", defaults.Enforce, PodSecurityLevel.Restricted),
            Read("audit", defaults.Audit, PodSecurityLevel.Privileged),
            Read("warn", defaults.Warn, PodSecurityLevel.Privileged));
        errors = found;
        return policy;

        PodSecurityStandard Read(string mode, PodSecurityStandard standard, PodSecurityLevel unreadable)
        {
            if (labels.TryGetValue(LabelPrefix + mode, out var level))
            {
                var known = PodSecurityStandard.TryParseLevel(level, out var parsed);
                standard = standard with { Level = known ? parsed : unreadable };
                Note(known, LabelPrefix + mode, level, PodSecurityStandard.LevelComplaint);
            }

            if (labels.TryGetValue($"{LabelPrefix}{mode}-version", out var version))
            {
                var known = PodSecurityVersion.TryParse(version, out var parsed);
                standard = standard with { Version = parsed };
                Note(known, $"{LabelPrefix}{mode}-version", version, PodSecurityVersion.Complaint);
            }

            return standard;
        }

        void Note(bool known, string label, string value, string complaint)
        {
            if (!known)
            {
                found.Add(FieldError.Invalid($"metadata.labels[{label}]", value, complaint));
            }
        }
    }

    /// <summary>Whether nothing is demanded in any mode.</summary>
    public bool IsPrivileged =>
        Enforce.Level == PodSecurityLevel.Privileged && Audit.Level == PodSecurityLevel.Privileged && Warn.Level == PodSecurityLevel.Privileged;
}
