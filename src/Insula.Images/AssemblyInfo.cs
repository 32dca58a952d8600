using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Insula.Images.Tests")]
[assembly: InternalsVisibleTo("Insula.SystemTests")]
