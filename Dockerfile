# docker build --build-arg VERSION=1.2.3 -t kms-verifier .
# docker run --rm --network none -v "$PWD:/work" kms-verifier check
# CI builds and runs it (.github/workflows/package.yml). The program connects to nothing, so the container needs no network.
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY docs docs
COPY grammar grammar
COPY verifier verifier
# The context has no .git, which would tell the version.
ARG VERSION=0.0
ENV SETUPTOOLS_SCM_PRETEND_VERSION=$VERSION
RUN python -m venv /opt/kms-verifier && /opt/kms-verifier/bin/pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/kms-verifier /opt/kms-verifier
ENV PATH=/opt/kms-verifier/bin:$PATH PYTHONDONTWRITEBYTECODE=1
# git is for --git. What is mounted belongs to another user; the verifier runs git with hooks and other programs turned off.
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*' \
    && useradd --create-home verifier
USER verifier
WORKDIR /work
ENTRYPOINT ["verifier"]
CMD ["check"]
